import { expect, test } from '@playwright/test';
import { Shop } from './support/shop';

test.describe('cart', () => {
  test('ATK-PW-1050 a book goes into the cart', async ({ page }) => {
    const shop = new Shop(page);
    await shop.open();
    await shop.book('The Sea Atlas').getByRole('button', { name: 'Add to basket' }).click();
    await expect(shop.count).toHaveText('1');
    await shop.openCart();
    await expect(page.getByRole('cell', { name: 'The Sea Atlas' })).toBeVisible();
  });

  test('ATK-PW-1053 the total counts every copy', async ({ page }) => {
    const shop = new Shop(page);
    await shop.open();
    await shop.add('sea-atlas');
    await shop.add('sea-atlas');
    await shop.add('knots');
    await shop.openCart();
    await expect(shop.total).toHaveText('€ 61.00');
  });

  test('ATK-PW-1012 the cart can be emptied', async ({ page }) => {
    const shop = new Shop(page);
    await shop.open();
    await shop.add('knots');
    await shop.openCart();
    await page.getByRole('button', { name: 'Empty the cart' }).click();
    await expect(shop.count).toHaveText('0');
    await expect(shop.total).toHaveText('€ 0.00');
  });
});
