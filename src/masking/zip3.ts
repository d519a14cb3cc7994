// The three-digit ZIP areas that hold 20 000 people or fewer and must read 000 (164.514(b)(2)(i)(B)). Dated data: those of
// OCR's de-identification guidance of 26 November 2012, from the 2000 census, and those of the 2010 census. Areas change sides
// from census to census; one that was small in either stays out. Those of the 2020 census are not in it: we know of no
// published list of them to check against.

const census2000 = '036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893';
const census2010 = '036 059 102 202 203 204 205 369 556 692 753 772 821 823 878 879 884 893';

export const restrictedZip3: ReadonlySet<string> = new Set(`${census2000} ${census2010}`.split(' '));
