import type { Random } from './random.ts';

/** A company that the portal's users sell to. */
export interface Company {
  id: number;
  name: string;
  domain: string;
  industry: string;
  city: string;
  country: string;
}

/** A contact of the portal. */
export interface Contact {
  /** From 0 on; {@link toContact} knows it by that. */
  number: number;
  id: number;
  firstName: string;
  lastName: string;
  email: string;
  phone: string;
  jobTitle: string;
  company: Company;
  /** The colleague who looks after it. */
  owner: Owner;
}

/** A colleague: one of the portal's own users. */
export interface Owner {
  id: number;
  userId: number;
  firstName: string;
  lastName: string;
  email: string;
  team: Team;
  archived: boolean;
}

export interface Team {
  id: number;
  name: string;
}

/** How many contacts and companies the demo portal has. */
export const CONTACTS = 4_001;
export const COMPANIES = 611;

/** The name under which the colleagues write. */
export const OWN_COMPANY = 'Sprocket "& Sons"';

/** The number from which the colleagues call. */
export const OWN_NUMBER = '+442079460110';

// A name and how it is spelt in an address. The numbers of names have no common divisor, so that every pair is different.
const FIRST_NAMES =
  'Zoë:zoe Łukasz:lukasz 健:ken Amara:amara Seán:sean محمد:mohammed Ngọc:ngoc Inés:ines Dmitri:dmitri Priya:priya Noah:noah Åsa:asa Chloé:chloe Mateo:mateo Ingrid:ingrid Kofi:kofi Leila:leila Tomás:tomas Yuki:yuki Hannah:hannah Omar:omar Freya:freya Rafael:rafael Olga:olga Samuel:samuel Mei:mei Jürgen:juergen Aisha:aisha Daniel:daniel';
const LAST_NAMES =
  "O'Brien:obrien Müller:mueller 佐藤:sato Nguyễn:nguyen Okafor:okafor Núñez:nunez Smith-Jones:smith-jones Wójcik:wojcik الحسن:alhassan Lindqvist:lindqvist Patel:patel Rossi:rossi Kovács:kovacs Yılmaz:yilmaz Jensen:jensen Dubois:dubois Petrov:petrov García:garcia Murphy:murphy Tanaka:tanaka Haddad:haddad Novak:novak Andersson:andersson Costa:costa Weber:weber Adeyemi:adeyemi Singh:singh Larsen:larsen Moreau:moreau Fischer:fischer Walker:walker";
const COMPANY_NAMES =
  'Blå_Fjord:blaafjord Hanami_花見:hanami Tilde\\Backslash:tilde Quarry,_Stone:quarry Café_Noir:cafe-noir Meridian:meridian Northwind:northwind Acorn:acorn Bluebell:bluebell Cobalt:cobalt Drumlin:drumlin Ember:ember Foxglove:foxglove Granite:granite Harbour:harbour Iris:iris Juniper:juniper Kestrel:kestrel Lantern:lantern Marigold:marigold Nimbus:nimbus Orchard:orchard Pinnacle:pinnacle Quill:quill Rowan:rowan Saffron:saffron Thistle:thistle Umber:umber Verdant:verdant Willow:willow Xenon:xenon Yarrow:yarrow Zephyr:zephyr Alder:alder Bramble:bramble Cedar:cedar Dune:dune Estuary:estuary Fathom:fathom Glacier:glacier Heron:heron Indigo:indigo Jade:jade Kelp:kelp Larch:larch Mistral:mistral Nettle:nettle';
const COMPANY_KINDS =
  'Bicycles:bikes Logistics:logistics Foods:foods Software:software Print_&_Paper:print Optics:optics Travel:travel Tools;_Inc.:tools Energy:energy Textiles:textiles Clinics:clinics Media:media Bank:bank';
const INDUSTRIES =
  'CONSUMER_GOODS LOGISTICS_AND_SUPPLY_CHAIN FOOD_PRODUCTION COMPUTER_SOFTWARE PRINTING ELECTRICAL_ELECTRONIC_MANUFACTURING LEISURE_TRAVEL_TOURISM MACHINERY RENEWABLES_ENVIRONMENT TEXTILES HOSPITAL_HEALTH_CARE MEDIA_PRODUCTION BANKING';
const CITIES =
  'Boston:United_States Dublin:Ireland Köln:Germany São_Paulo:Brazil 東京:Japan Łódź:Poland Lagos:Nigeria Montréal:Canada Malmö:Sweden Austin:United_States Leeds:United_Kingdom';
const JOB_TITLES =
  'Head of Operations:Buyer:Chief Financial Officer:Office Manager:IT Administrator:Marketing Manager:Owner';

const TEAMS: Team[] = [
  { id: 381_141, name: 'Sales East' },
  { id: 381_142, name: 'Sales West' },
  { id: 381_143, name: 'Customer Success' },
];

/** The colleagues; the last one has left. */
export const OWNERS: readonly Owner[] = [
  ['Grace', 'Abernathy', 0],
  ['Tobias', 'Brandt', 1],
  ['Maeve', 'Cassidy', 0],
  ['Hiro', 'Endo', 1],
  ['Sofía', 'Ferrer', 2],
  ['Callum', 'Grant', 0],
  ['Nadia', 'Hussain', 1],
  ['Björn', 'Isaksson', 2],
  ['Ruth', 'Kaplan', 0],
  ['Victor', 'Lemaire', 1],
].map(([firstName, lastName, team], n) => ({
  id: 256_252 + n * 51,
  userId: 215_482 + n * 1_029,
  firstName: String(firstName),
  lastName: String(lastName),
  email: `${toAscii(`${firstName}.${lastName}`)}@sprocket.example`,
  team: TEAMS[Number(team)] as Team,
  archived: n === 9,
}));

const firstNames = toPairs(FIRST_NAMES);
const lastNames = toPairs(LAST_NAMES);
const companyNames = toPairs(COMPANY_NAMES);
const companyKinds = toPairs(COMPANY_KINDS);
const industries = INDUSTRIES.split(' ');
const cities = toPairs(CITIES);
const jobTitles = JOB_TITLES.split(':');

/** The values of a company's industry. */
export const INDUSTRY_VALUES: readonly string[] = industries;

/** The company number `n`, 0 or more; always the same. */
export function toCompany(n: number): Company {
  const [name, address] = at(companyNames, n);
  const [kind, domain] = at(companyKinds, n);
  const [city, country] = at(cities, n * 7);
  return {
    id: 150_000_001 + n * 7_919,
    name: `${name} ${kind}`,
    domain: `${address}-${domain}.example`,
    industry: at(industries, n),
    city,
    country,
  };
}

/** The contact number `n`, 0 or more; always the same. */
export function toContact(n: number): Contact {
  const [firstName, first] = at(firstNames, n);
  const [lastName, last] = at(lastNames, n);
  const company = toCompany(n % COMPANIES);
  return {
    number: n,
    id: 1_201 + n * 51,
    firstName,
    lastName,
    email: `${first}.${last}@${company.domain}`,
    phone: `+1617555${String(1_000 + (n % 9_000)).padStart(4, '0')}`,
    jobTitle: at(jobTitles, n),
    company,
    owner: toOwnerOf(n % COMPANIES),
  };
}

/** Some contact of the same company. */
export function pickColleague({ number }: Contact, random: Random): Contact {
  return toContact(
    (number % COMPANIES) + COMPANIES * random.int(0, Math.floor(CONTACTS / COMPANIES) - 1),
  );
}

/** Who looks after a company, and so after its contacts: the first colleagues have more of them than the last. */
function toOwnerOf(company: number): Owner {
  const share = ((company * 37) % 100) / 100;
  return OWNERS[Math.floor(share * share * OWNERS.length)] as Owner;
}

function toPairs(list: string): (readonly [string, string])[] {
  return list.split(' ').map((pair) => {
    const [name = '', other = ''] = pair.replaceAll('_', ' ').split(':');
    return [name, other] as const;
  });
}

function at<T>(list: readonly T[], n: number): T {
  return list[n % list.length] as T;
}

function toAscii(name: string): string {
  return name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
}
