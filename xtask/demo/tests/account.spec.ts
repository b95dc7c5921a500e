import { expect, test } from '@playwright/test';
import { signIn } from './support/shop';

test.describe('account', () => {
  test('ATK-PW-1013 greets the reader who is signed in', async ({ page }) => {
    await page.goto('/account');
    await expect(page.getByRole('heading', { name: 'Hello, Ada' })).toBeVisible();
  });
});

test.describe('signing in', () => {
  test.use({ storageState: { cookies: [], origins: [] } });

  test('ATK-PW-1052 leads to the orders', async ({ page }) => {
    await signIn(page);
    await expect(page.getByRole('heading', { name: 'Orders' })).toBeVisible();
    await expect(page.getByRole('listitem')).toHaveText(['The Sea Atlas, delivered']);
  });
});
