import { existsSync } from 'node:fs';
import { chromium, defineConfig, devices } from '@playwright/test';

// A port of its own for each run, so that runs side by side do not meet; the workers inherit it.
process.env.SHOP_PORT ??= String(20_000 + (process.pid % 20_000));

// BASE_URL points the suite at a deployed shop; without it one is started here.
const deployed = process.env.BASE_URL;
const baseURL = deployed ?? `http://127.0.0.1:${process.env.SHOP_PORT}`;

// Playwright's own Chromium, or the one that the machine has.
const browsers = [
  process.env.PLAYWRIGHT_CHROMIUM_EXECUTABLE_PATH ?? '',
  chromium.executablePath(),
  '/usr/bin/chromium',
  '/usr/bin/google-chrome',
];

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  retries: process.env.CI ? 1 : 0,
  timeout: 30_000,
  expect: { timeout: 3_000 },
  reporter: [
    ['list'],
    ['playwright-ctrf-json-reporter', { outputDir: 'ctrf', outputFile: 'ctrf-report.json', screenshot: false }],
  ],
  use: {
    baseURL,
    actionTimeout: 3_000,
    screenshot: 'only-on-failure',
    trace: 'on-first-retry',
    launchOptions: { executablePath: browsers.find((path) => existsSync(path)) },
  },
  projects: [
    { name: 'setup', testMatch: /.*\.setup\.ts/ },
    {
      name: 'chromium',
      use: { ...devices['Desktop Chrome'], storageState: 'playwright/.auth/reader.json' },
      dependencies: ['setup'],
    },
  ],
  webServer: deployed
    ? undefined
    : { command: 'node site/server.mjs', url: baseURL, env: { PORT: process.env.SHOP_PORT }, timeout: 20_000 },
});
