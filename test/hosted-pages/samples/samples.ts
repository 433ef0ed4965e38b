import type {
  Page,
  PageValues,
  Template,
} from '../../../src/http/hosted-pages/page-values/page-values.ts';
import { linkSamples } from './link-samples.ts';
import { loginSamples } from './login-samples.ts';
import { messageSamples } from './message-samples.ts';
import { mfaSamples } from './mfa-samples.ts';
import type { SamplesOf } from './samples-of.ts';

const samples: SamplesOf<PageValues> = {
  ...loginSamples,
  ...linkSamples,
  ...mfaSamples,
  ...messageSamples,
};

/** Every template with each of its samples. */
export const samplePages: Page[] = Object.entries(samples).flatMap(([template, list]) =>
  list.map((values) => ({ template: template as Template, values }) as Page),
);
