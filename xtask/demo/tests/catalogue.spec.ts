import { expect, test } from '@playwright/test';
import { Shop } from './support/shop';

test.describe('catalogue', () => {
  test('ATK-PW-1010 shows every book', async ({ page }) => {
    const shop = new Shop(page);
    await shop.open();
    await expect(page.getByRole('article')).toHaveCount(4);
    await expect(shop.book('Forty Knots')).toContainText('€ 12.00');
  });

  test('ATK-PW-1011 finds a book by its title', async ({ page }) => {
    const shop = new Shop(page);
    await shop.open();
    await page.getByLabel('Search').fill('tides');
    await expect(page.getByRole('article')).toHaveCount(1);
    await expect(shop.book('A Year of Tides')).toBeVisible();
  });

  test('ATK-PW-1051 a visitor subscribes to the letters', async ({ page }) => {
    const shop = new Shop(page);
    await shop.open();
    await page.locator('#newsletter-email').fill('ada@example.com');
    await page.getByRole('button', { name: 'Subscribe' }).click();
    await expect(page.getByRole('alert')).toHaveText('Thank you. We write to ada@example.com.');
  });
});
