export { type Entered, enterWithProvider, type ProviderEntry } from './admit.ts';
export { beginWithProvider } from './begin.ts';
export {
  keepSeparate,
  type Linked,
  linkWithCode,
  linkWithPassword,
  mailOfferCode,
  type OfferView,
  viewOffer,
} from './offers.ts';
export { openInBrowser } from './open-in-browser.ts';
export { receiveAnswer, verifyAnswer, viewProviderLogin } from './take-answer.ts';
