import type { Page } from '@playwright/test';

export const reader = { email: 'ada@example.com', password: 'harbour' };

/** Signs in through the form. */
export async function signIn(page: Page) {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(reader.email);
  await page.getByLabel('Password').fill(reader.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}
