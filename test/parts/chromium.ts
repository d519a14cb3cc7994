// Debian's Chromium by playwright-core, on a phone's screen and without script: as little of its interface as tests need,
// since its own declarations speak of a DOM that Node's do not have.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface BrowserPage {
  goto(url: string): Promise<unknown>;
  url(): string;
  content(): Promise<string>;
  fill(selector: string, value: string): Promise<void>;
  click(selector: string): Promise<void>;
  focus(selector: string): Promise<void>;
  setViewportSize(size: { readonly width: number; readonly height: number }): Promise<void>;
  emulateMedia(media: { readonly colorScheme: 'light' | 'dark' }): Promise<void>;
  readonly keyboard: { press(key: string): Promise<void> };
  waitForURL(url: (url: URL) => boolean, options?: { readonly timeout?: number }): Promise<void>;
  waitForSelector(selector: string): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
}

interface BrowserContext {
  newPage(): Promise<BrowserPage>;
}

export interface Chromium {
  newContext(options: object): Promise<BrowserContext>;
  close(): Promise<void>;
}

interface Playwright {
  readonly chromium: { launch(options: object): Promise<Chromium> };
}

const executablePath = '/usr/bin/chromium';

/** Null: it is there. */
export const missing: string | null = existsSync(executablePath)
  ? null
  : 'apt-get install -y --no-install-recommends chromium';

/** 360 CSS pixels wide. */
export const phone = { javaScriptEnabled: false, viewport: { width: 360, height: 640 } };

export function launchChromium(): Promise<Chromium> {
  const { chromium }: Playwright = createRequire(import.meta.url)('playwright-core');
  return chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] });
}
