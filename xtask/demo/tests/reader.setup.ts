import { expect, test as setup } from '@playwright/test';
import { reader } from './support/session';

setup('sign in once', async ({ request }) => {
  const reply = await request.post('/login', { form: reader });
  expect(reply.url()).toContain('/account');
  await request.storageState({ path: 'playwright/.auth/reader.json' });
});
