// The three-digit ZIP areas that hold 20 000 people or fewer and must read 000 (164.514(b)(2)(i)(B)).
// Dated data: OCR's de-identification guidance of 26 November 2012, from the 2000 census.

export const restrictedZip3: ReadonlySet<string> = new Set(
  '036 059 063 102 203 556 692 790 821 823 830 831 878 879 884 890 893'.split(' '),
);
