// Takes the picture of the README: the first example, decided, with its graph. `npm run build` comes first.
import { fileURLToPath } from 'node:url';
import { browser, serve } from '../test/stage.mjs';

const server = await serve();
const { context, close } = await browser();
try {
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await page.setViewportSize({ width: 1240, height: 1180 });
  await page.goto(server.address);
  await page.click('[data-question="text"] .choice >> nth=0');
  await page.waitForSelector('[data-decided="true"]');
  await page.check('input[name="changes-as"] >> nth=1', { force: true });
  await page.waitForSelector('.card');
  await page.evaluate(() => {
    document.activeElement.blur();
    scrollTo(0, 0);
  });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  await page.screenshot({ path: fileURLToPath(new URL('../picture.png', import.meta.url)) });
} finally {
  await close();
  await server.close();
}
