// Place names as data: states by postal code, and towns whose names are seldom anything else.

export const states: ReadonlySet<string> = new Set(
  `AL AK AZ AR CA CO CT DE DC FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA PR RI SC SD TN TX
  UT VT VA VI WA WV WI WY AA AE AP GU`.split(/\s+/),
);

/** Provinces of Canada that are no word and no blood group. */
export const provinces: readonly string[] = ['BC', 'QC', 'SK', 'NS', 'NL'];

/** The last word of a state's or a country's name, as it stands behind a town and a comma; lower case. */
export const regionWords: readonly string[] =
  `alabama alaska arizona arkansas california colorado connecticut delaware florida georgia hawaii idaho illinois indiana iowa kansas kentucky
  louisiana maine maryland massachusetts michigan minnesota mississippi missouri montana nebraska nevada hampshire jersey mexico york carolina dakota ohio
  oklahoma oregon pennsylvania island tennessee texas utah vermont virginia washington wisconsin wyoming ontario quebec alberta manitoba saskatchewan
  columbia scotia brunswick newfoundland canada england scotland wales ireland france germany italy spain portugal netherlands belgium austria
  switzerland poland hungary romania bulgaria greece turkey ukraine russia lithuania latvia estonia finland sweden norway denmark iceland croatia
  serbia slovenia slovakia bosnia albania india pakistan bangladesh nepal lanka china japan korea taiwan vietnam thailand cambodia laos myanmar
  malaysia singapore indonesia philippines australia zealand fiji samoa tonga guam egypt libya tunisia algeria morocco sudan ethiopia eritrea
  somalia kenya uganda tanzania rwanda burundi congo cameroon nigeria ghana togo benin liberia leone guinea senegal gambia mali niger chad
  zambia zimbabwe malawi mozambique angola namibia botswana africa madagascar iran iraq syria lebanon jordan israel palestine yemen oman kuwait
  bahrain qatar emirates arabia afghanistan kazakhstan uzbekistan kyrgyzstan tajikistan turkmenistan georgia armenia azerbaijan mongolia
  guatemala honduras salvador nicaragua rica panama cuba haiti jamaica trinidad colombia venezuela ecuador peru bolivia chile argentina
  uruguay paraguay brazil usa uk`.split(/\s+/);

const list = `new york|new york city|los angeles|chicago|houston|phoenix|philadelphia|san antonio|san diego|dallas|san jose|jacksonville|fort worth|
columbus|indianapolis|charlotte|san francisco|seattle|denver|nashville|oklahoma city|el paso|washington dc|las vegas|boston|portland|louisville|
memphis|detroit|baltimore|milwaukee|albuquerque|fresno|tucson|sacramento|kansas city|atlanta|omaha|colorado springs|raleigh|virginia beach|long beach|
miami|oakland|minneapolis|tulsa|bakersfield|tampa|wichita|arlington|aurora|new orleans|cleveland|anaheim|honolulu|henderson|stockton|riverside|
lexington|corpus christi|irvine|orlando|cincinnati|santa ana|newark|saint paul|st. paul|pittsburgh|greensboro|durham|jersey city|anchorage|
saint louis|st. louis|chandler|chula vista|buffalo|gilbert|reno|madison|fort wayne|toledo|lubbock|st. petersburg|laredo|irving|chesapeake|glendale|
scottsdale|winston-salem|boise|norfolk|richmond|spokane|baton rouge|tacoma|modesto|fremont|des moines|huntsville|rochester|yonkers|fayetteville|
worcester|little rock|columbus|augusta|grand rapids|salt lake city|birmingham|tallahassee|amarillo|akron|knoxville|mobile bay|montgomery|
shreveport|overland park|fort lauderdale|providence|chattanooga|tempe|brownsville|newport news|santa rosa|eugene|springfield|salem|pasadena|
fort collins|syracuse|dayton|savannah|bridgeport|hartford|new haven|stamford|cambridge|lowell|brockton|quincy|lynn|fall river|somerville|
framingham|malden|plymouth|waltham|brookline|medford|weymouth|attleboro|pittsfield|leominster|fitchburg|holyoke|chicopee|brooklyn|manhattan|
queens|bronx|staten island|hollywood|palo alto|mountain view|sunnyvale|santa clara|berkeley|santa monica|santa barbara|san mateo|santa fe|
ann arbor|lansing|evanston|naperville|joliet|peoria|green bay|duluth|fargo|sioux falls|bismarck|billings|cheyenne|provo|ogden|topeka|lincoln ne|
charleston|greenville|asheville|wilmington|gainesville|sarasota|naples fl|pensacola|daytona beach|key west|galveston|plano|frisco|mckinney|waco|
austin|albany|ithaca|white plains|hoboken|trenton|princeton|atlantic city|scranton|allentown|erie|harrisburg|annapolis|bethesda|rockville|
alexandria|roanoke|london|paris|berlin|madrid|rome|vienna|dublin|toronto|montreal|vancouver|ottawa|calgary|sydney|melbourne|brisbane|auckland|
tokyo|osaka|beijing|shanghai|hong kong|seoul|singapore|bangkok|manila|jakarta|delhi|new delhi|mumbai|bangalore|chennai|kolkata|hyderabad|karachi|
lahore|dhaka|kathmandu|tehran|baghdad|istanbul|ankara|cairo|lagos|nairobi|johannesburg|cape town|accra|addis ababa|mexico city|guadalajara|
monterrey|tijuana|bogota|medellin|lima|quito|caracas|santiago|buenos aires|sao paulo|rio de janeiro|havana|kingston|san juan|port-au-prince|
santo domingo|moscow|kyiv|warsaw|prague|budapest|bucharest|athens|lisbon|barcelona|amsterdam|brussels|zurich|geneva|stockholm|oslo|copenhagen|
helsinki|reykjavik|edinburgh|glasgow|manchester|liverpool|leeds|bristol|cardiff|belfast`;

/** What the name of an institution ends with, or the noun before its last word; lower case. */
export const institutionWords: readonly string[] =
  `hospital hospitals hosp clinic clinics center centers centre ctr group institute system associates campus health healthcare infirmary
  medical sanatorium hospice pharmacy laboratory laboratories home memorial general presbyterian methodist permanente langone university office regional
  correctional prison penitentiary jail school schools elementary academy college church hotel motel airport barracks shipbuilding shipyard villa villas
  manor estates pediatrics practice parenthood department shelter county parish township pharmacies foods supermarket supermarkets industries logistics
  dental dentistry pavilion reservation care medicine hs univ inc llc ltd corp corporation gmbh`.split(/\s+/);

/** What the name of a place that everyone knows begins with, or a saint's; lower case. */
export const landmarkWords: readonly string[] =
  `mayo john johns mass massachusetts cedar cedars mount mt kaiser md memorial sloan nyu ucla ucsf ucsd upmc mgh bwh ohsu stanford duke emory
  vanderbilt northwestern georgetown columbia yale penn baylor beth city walter va brigham nyc st saint our fort cape san santa los las rancho`.split(
    /\s+/,
  );

/** Lower case. */
export const towns: ReadonlySet<string> = new Set(list.split('|').map((town) => town.trim()));

/** First word → lengths of the names that begin with it, longest first. */
export const townFirstWords: ReadonlyMap<string, readonly number[]> = byFirstWord();

function byFirstWord(): ReadonlyMap<string, readonly number[]> {
  const lengths = new Map<string, number[]>();
  for (const town of towns) {
    const first = /^[a-z]+/.exec(town)?.[0] ?? town;
    lengths.set(
      first,
      [...(lengths.get(first) ?? []), town.length].sort((a, b) => b - a),
    );
  }
  return lengths;
}
