/**
 * What time zones call themselves since 2000, from the IANA database: JavaScript knows offsets, but says `GMT+1`
 * for CET. Zones that are not here, and offsets that a zone does not have here, are called by their offset: `+03`.
 */

/** Names with the minutes ahead of UTC that they mean, and the zones that use them. */
const ABBREVIATIONS: readonly (readonly [names: string, zones: string])[] = [
  ['ACDT630 ACST570', 'Australia/{Adelaide,Broken_Hill,South,Yancowinna}'],
  ['ACST570', 'Australia/{Darwin,North}'],
  ['ADT-180 AST-240', 'America/{Glace_Bay,Goose_Bay,Halifax,Moncton,Thule} Atlantic/Bermuda Canada/Atlantic'],
  [
    'AEDT660 AEST600',
    'Antarctica/Macquarie Australia/{ACT,Canberra,Currie,Hobart,Melbourne,NSW,Sydney,Tasmania,Victoria}',
  ],
  ['AEST600', 'Australia/{Brisbane,Lindeman,Queensland}'],
  ['AKDT-480 AKST-540', 'America/{Anchorage,Juneau,Nome,Sitka,Yakutat} US/Alaska'],
  ['AKST-540 PST-480', 'America/Metlakatla'],
  [
    'AST-240',
    'America/{Anguilla,Antigua,Aruba,Barbados,Blanc-Sablon,Curacao,Dominica,Grenada,Guadeloupe,Kralendijk,Lower_Princes,Marigot,Martinique,Montserrat,Port_of_Spain,Puerto_Rico,St_Barthelemy,St_Kitts,St_Lucia,St_Thomas,St_Vincent,Tortola,Virgin}',
  ],
  ['AST-240 EST-300', 'America/Santo_Domingo'],
  ['AWDT540 AWST480', 'Australia/{Perth,West}'],
  ['BST60 GMT0', 'Europe/{Belfast,Guernsey,Isle_of_Man,Jersey,London} {GB,GB-Eire}'],
  ['CAT120', 'Africa/{Blantyre,Bujumbura,Gaborone,Harare,Kigali,Lubumbashi,Lusaka,Maputo}'],
  ['CAT120 EAT180', 'Africa/{Juba,Khartoum}'],
  ['CAT120 WAT60', 'Africa/Windhoek'],
  ['CDT-240 CST-300', 'America/Havana Cuba'],
  [
    'CDT-300 CST-360',
    'America/{Chicago,Guatemala,Knox_IN,Managua,Matamoros,Menominee,Merida,Mexico_City,Monterrey,Rainy_River,Rankin_Inlet,Resolute,Tegucigalpa,Winnipeg} America/Indiana/{Knox,Tell_City} America/North_Dakota/Center CST6CDT Canada/Central Mexico/General US/{Central,Indiana-Starke}',
  ],
  ['CDT-300 CST-360 MST-420', 'America/Bahia_Banderas America/North_Dakota/{Beulah,New_Salem}'],
  ['CDT-300 MDT-360 MST-420', 'America/{Cambridge_Bay,Ojinaga}'],
  [
    'CEST120 CET60',
    'Africa/{Ceuta,Tunis} Arctic/Longyearbyen Atlantic/Jan_Mayen {CET,Poland} Europe/{Amsterdam,Andorra,Belgrade,Berlin,Bratislava,Brussels,Budapest,Busingen,Copenhagen,Gibraltar,Ljubljana,Luxembourg,Madrid,Malta,Monaco,Oslo,Paris,Podgorica,Prague,Rome,San_Marino,Sarajevo,Skopje,Stockholm,Tirane,Vaduz,Vatican,Vienna,Warsaw,Zagreb,Zurich}',
  ],
  ['CET60', 'Africa/Algiers'],
  ['CET60 EET120', 'Africa/Tripoli Libya'],
  ['CST-360', 'America/{Belize,Costa_Rica,El_Salvador,Regina,Swift_Current} Canada/Saskatchewan'],
  [
    'CST-360 EDT-240 EST-300',
    'America/Indiana/{Petersburg,Vincennes,Winamac} America/{Iqaluit,Pangnirtung} America/Kentucky/Monticello',
  ],
  ['CST-360 EST-300', 'America/Cancun'],
  ['CST480', 'Asia/{Chongqing,Chungking,Harbin,Macao,Macau,Shanghai,Taipei} {PRC,ROC}'],
  ['ChST600', 'Pacific/{Guam,Saipan}'],
  [
    'EAT180',
    'Africa/{Addis_Ababa,Asmara,Asmera,Dar_es_Salaam,Djibouti,Kampala,Mogadishu,Nairobi} Indian/{Antananarivo,Comoro,Mayotte}',
  ],
  [
    'EDT-240 EST-300',
    'America/{Detroit,Fort_Wayne,Grand_Turk,Indianapolis,Louisville,Montreal,Nassau,New_York,Nipigon,Port-au-Prince,Thunder_Bay,Toronto} America/Indiana/{Indianapolis,Marengo,Vevay} America/Kentucky/Louisville Canada/Eastern EST5EDT US/{East-Indiana,Eastern,Michigan}',
  ],
  [
    'EEST180 EET120',
    'Africa/Cairo Asia/{Amman,Beirut,Damascus,Famagusta,Gaza,Hebron,Nicosia} {EET,Egypt} Europe/{Athens,Bucharest,Chisinau,Helsinki,Kaliningrad,Kiev,Kyiv,Mariehamn,Nicosia,Riga,Sofia,Tallinn,Tiraspol,Uzhgorod,Vilnius,Zaporozhye}',
  ],
  ['EET120', 'Asia/Istanbul Europe/{Istanbul,Minsk} Turkey'],
  ['EET120 MSK180 MSK240', 'Europe/Simferopol'],
  ['EST-300', 'America/{Atikokan,Cayman,Coral_Harbour,Jamaica,Panama} {EST,Jamaica}'],
  [
    'GMT0',
    'Africa/{Abidjan,Accra,Bamako,Banjul,Bissau,Conakry,Dakar,Freetown,Lome,Monrovia,Nouakchott,Ouagadougou,Timbuktu} America/Danmarkshavn Atlantic/{Reykjavik,St_Helena} Etc/{GMT,GMT+0,GMT-0,GMT0,Greenwich} {GMT,GMT+0,GMT-0,GMT0,Greenwich,Iceland}',
  ],
  ['GMT0 IST60', 'Eire Europe/Dublin'],
  ['GMT0 WAT60', 'Africa/Sao_Tome'],
  ['HDT-540 HST-600', 'America/{Adak,Atka} US/Aleutian'],
  ['HKT480', 'Asia/Hong_Kong Hongkong'],
  ['HST-600', 'HST Pacific/{Honolulu,Johnston} US/Hawaii'],
  ['IDT180 IST120', 'Asia/{Jerusalem,Tel_Aviv} Israel'],
  ['IST330', 'Asia/{Calcutta,Kolkata}'],
  ['JST540', 'Asia/Tokyo Japan'],
  ['KST510 KST540', 'Asia/Pyongyang'],
  ['KST540', 'Asia/Seoul ROK'],
  [
    'MDT-360 MST-420',
    'America/{Boise,Chihuahua,Ciudad_Juarez,Denver,Edmonton,Inuvik,Mazatlan,Shiprock,Yellowknife} Canada/Mountain {MST7MDT,Navajo} Mexico/BajaSur US/Mountain',
  ],
  ['MEST120 MET60', 'MET'],
  ['MSD240 MSK180', 'Europe/{Kirov,Moscow,Volgograd} W-SU'],
  ['MST-420', 'America/{Creston,Dawson_Creek,Hermosillo,Phoenix} MST US/Arizona'],
  ['MST-420 PST-480', 'America/Fort_Nelson'],
  ['NDT-150 NST-210', 'America/St_Johns Canada/Newfoundland'],
  ['NZDT780 NZST720', 'Antarctica/{McMurdo,South_Pole} NZ Pacific/Auckland'],
  [
    'PDT-420 PST-480',
    'America/{Dawson,Ensenada,Los_Angeles,Santa_Isabel,Tijuana,Vancouver,Whitehorse} Canada/{Pacific,Yukon} Mexico/BajaNorte PST8PDT US/Pacific',
  ],
  ['PKST360 PKT300', 'Asia/Karachi'],
  ['PST480', 'Asia/Manila'],
  ['SAST120', 'Africa/{Johannesburg,Maseru,Mbabane}'],
  ['SST-660', 'Pacific/{Midway,Pago_Pago,Samoa} US/Samoa'],
  ['UTC0', 'Etc/{UCT,UTC,Universal,Zulu} {UCT,UTC,Universal,Zulu}'],
  [
    'WAT60',
    'Africa/{Bangui,Brazzaville,Douala,Kinshasa,Lagos,Libreville,Luanda,Malabo,Ndjamena,Niamey,Porto-Novo}',
  ],
  ['WEST60 WET0', 'Atlantic/{Canary,Faeroe,Faroe,Madeira} Europe/Lisbon {Portugal,WET}'],
  ['WIB420', 'Asia/{Jakarta,Pontianak}'],
  ['WIT540', 'Asia/Jayapura'],
  ['WITA480', 'Asia/{Makassar,Ujung_Pandang}'],
];

let byZone: ReadonlyMap<string, string> | undefined;

export function zoneAbbreviation(zone: string, offsetSeconds: number): string {
  byZone ??= new Map(ABBREVIATIONS.flatMap(([names, zones]) => expanded(zones).map((name) => [name, names])));
  const minutes = offsetSeconds / 60;
  for (const name of byZone.get(zone)?.split(' ') ?? []) {
    const found = /^([A-Za-z]+)(-?\d+)$/.exec(name);
    if (Number(found?.[2]) === minutes) return found?.[1] ?? '';
  }
  return offsetName(offsetSeconds);
}

/** `Region/{A,B}` is two zones. */
function expanded(zones: string): string[] {
  return zones.split(' ').flatMap((part) => {
    const [, region = '', names] = /^(.*)\{(.*)\}$/.exec(part) ?? [];
    return names === undefined ? [part] : names.split(',').map((name) => region + name);
  });
}

function offsetName(offsetSeconds: number): string {
  const size = Math.abs(offsetSeconds);
  const hours = String(Math.floor(size / 3600)).padStart(2, '0');
  const minutes = Math.floor(size / 60) % 60;
  return `${offsetSeconds < 0 ? '-' : '+'}${hours}${minutes === 0 ? '' : String(minutes).padStart(2, '0')}`;
}
