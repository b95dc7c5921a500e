import { expect, type Locator, type Page } from '@playwright/test';

/** The shop as a visitor sees it. */
export class Shop {
  readonly count: Locator;
  readonly total: Locator;

  constructor(readonly page: Page) {
    this.count = page.getByRole('status', { name: 'Books in the cart' });
    this.total = page.getByTestId('total');
  }

  async open() {
    await this.page.goto('/');
    await expect(this.page.getByRole('heading', { name: 'Books' })).toBeVisible();
  }

  book(title: string): Locator {
    return this.page.getByRole('article').filter({ hasText: title });
  }

  /** Puts a book into the cart by its number in the catalogue. */
  async add(id: string) {
    await this.page.getByTestId(`add-${id}`).click();
  }

  async openCart() {
    await this.page.getByRole('link', { name: 'Cart' }).click();
    await expect(this.page.getByRole('heading', { name: 'Your cart' })).toBeVisible();
  }
}
