import { domainOf } from './domain-of.ts';

// Names of companies and domains are no English. cspell:disable
/**
 * Domains in which everybody can have a mailbox, by the providers' own sign-up pages: Google, Microsoft, Yahoo and AOL, Apple, Proton,
 * United Internet (GMX, WEB.DE, mail.com), Deutsche Telekom, freenet, Orange, Free, La Poste, SFR, Libero, Virgilio, Yandex, VK, Rambler,
 * Zoho, Fastmail, Tuta, Hey, Tencent, NetEase, Sina, Naver, Kakao, Rediff, UOL, Terra, Seznam, o2, WP, Onet, Interia, Comcast, AT&T,
 * Verizon, BT, Sky.
 */
const PUBLIC_MAIL = new Set(
  `gmail.com googlemail.com
  outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp hotmail.com hotmail.de hotmail.fr hotmail.es hotmail.it
  hotmail.co.uk live.com live.de live.fr live.it live.nl live.co.uk msn.com
  yahoo.com yahoo.de yahoo.fr yahoo.es yahoo.it yahoo.ca yahoo.in yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com.br yahoo.com.mx ymail.com
  rocketmail.com aol.com aol.de
  icloud.com me.com mac.com privaterelay.appleid.com
  proton.me protonmail.com protonmail.ch pm.me
  gmx.de gmx.net gmx.at gmx.ch gmx.com web.de email.de mail.com email.com
  t-online.de magenta.de freenet.de
  orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr
  libero.it virgilio.it alice.it tiscali.it
  yandex.ru yandex.com ya.ru mail.ru bk.ru inbox.ru list.ru rambler.ru
  zoho.com zohomail.com zohomail.eu fastmail.com fastmail.fm tuta.com tutanota.com tutanota.de tuta.io hey.com
  qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn naver.com hanmail.net daum.net kakao.com
  rediffmail.com uol.com.br bol.com.br terra.com.br
  seznam.cz o2.pl wp.pl onet.pl interia.pl
  comcast.net att.net sbcglobal.net verizon.net btinternet.com sky.com`.split(/\s+/),
);
// cspell:enable

/** Returns whether everybody can have an address in the domain of this address, in its canonical form. The list is not complete. */
export function isPublicMail(email: string): boolean {
  return PUBLIC_MAIL.has(domainOf(email));
}
