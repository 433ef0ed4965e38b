export { type Entered, enterWithProvider, type ProviderEntry } from './admit.ts';
export { type BeginInput, type Begun, beginWithProvider } from './begin.ts';
export type { ProviderLoginDeps } from './deps.ts';
export {
  type CodeSending,
  keepSeparate,
  type Linked,
  linkWithCode,
  linkWithPassword,
  mailOfferCode,
  type OfferView,
  viewOffer,
} from './offers.ts';
export { type Received, receiveAnswer, viewProviderLogin } from './take-answer.ts';
