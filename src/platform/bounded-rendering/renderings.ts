import {
  checkFragment,
  checkPageTemplate,
  renderFragment,
  renderPageTemplate,
} from '../page-template/page-template.ts';
import { renderTemplate } from '../templates/templates.ts';

/** What can be done on the other thread. */
export const RENDERINGS = {
  renderTemplate,
  renderFragment,
  renderPageTemplate,
  checkFragment,
  checkPageTemplate,
};

export type Renderings = typeof RENDERINGS;
