/** The package's name and version, as sent to clients and to RunComfy; scripts/metadata.mjs takes them from package.json. */
export const NAME = 'runcomfy-image-mcp';
export const VERSION = '0.1.0';
