/** In which of the platform's regions a caller is: it decides how far knowledge travels, and nothing of what is known. */

/** What the platform says of a caller's place, if it knows: coordinates in degrees, as text. */
export type Place = { readonly continent?: unknown; readonly longitude?: unknown; readonly latitude?: unknown };
export type Region = DurableObjectLocationHint;

/** Of whom nobody can place, such as Tor's users: most of its exits are there. */
const UNKNOWN: Region = 'weur';

/** Near enough is enough. Where a coordinate is missing it is NaN, and no comparison holds. */
export const regionOf = ({ continent, longitude, latitude }: Place = {}): Region => {
  const [east, north] = [Number(longitude), Number(latitude)];
  switch (continent) {
    case 'AF':
      return 'afr';
    case 'AS':
      return inAsia(east, north);
    case 'EU':
      return east >= 15 ? 'eeur' : 'weur';
    case 'NA':
      return east < -100 ? 'wnam' : 'enam';
    case 'AN':
    case 'OC':
      return 'oc';
    case 'SA':
      return 'sam';
    default:
      return UNKNOWN;
  }
};

/** To India and Central Asia the platform has given no name of their own. */
const inAsia = (east: number, north: number): Region => {
  if (east < 60) return 'me';
  if (east >= 95 && north >= 22) return 'apac-ne';
  if (east >= 95 && north < 22) return 'apac-se';
  return 'apac';
};
