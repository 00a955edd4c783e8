/** The package's name and version, as sent to clients and to RunComfy; a test holds them to package.json. */
export const NAME = 'runcomfy-image-mcp';
export const VERSION = '0.1.0';
