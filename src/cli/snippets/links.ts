import { NAME } from '../../version.ts';
import { SERVER } from '../hosts/host.ts';
import { HOSTS } from '../hosts/index.ts';

/** Links that install the server from the npm registry, by host. */
export function installLinks(): { host: string; url: string }[] {
  const start = { command: 'npx', absoluteCommand: 'npx', args: ['-y', NAME] };
  const linked = HOSTS.flatMap(({ name, link, entry }) =>
    link ? { host: name, url: link(entry(start)) } : [],
  );
  const goose = new URLSearchParams([
    ['cmd', start.command],
    ...start.args.map((arg) => ['arg', arg]),
    ['id', SERVER],
    ['name', 'RunComfy images'],
    ['description', "RunComfy's image models as tools"],
  ]);
  // Not among the hosts: its configuration is YAML.
  return [...linked, { host: 'Goose', url: `https://block.github.io/goose/extension?${goose}` }];
}
