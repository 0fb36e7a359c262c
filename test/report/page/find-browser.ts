import { accessSync, constants } from 'node:fs';

/** Chromium, or what is as good, where package managers put it; BROWSER_PATH names another. */
const PLACES = [
  process.env['BROWSER_PATH'],
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** The path of this machine's browser; undefined where there is none. */
export function findBrowser(): string | undefined {
  return PLACES.find((place) => {
    try {
      accessSync(place ?? '', constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
