import fc from 'fast-check';
import { expect, it } from 'vitest';
import { regionOf } from '../../worker/region.ts';

it.each([
  ['Lagos', 'AF', 3.4, 6.5, 'afr'],
  ['McMurdo Station', 'AN', 166.7, -77.8, 'oc'],
  ['Istanbul', 'AS', 29, 41, 'me'],
  ['Dubai', 'AS', 55.3, 25.2, 'me'],
  ['Mumbai', 'AS', 72.9, 19.1, 'apac'],
  ['Tashkent', 'AS', 69.2, 41.3, 'apac'],
  ['Singapore', 'AS', 103.8, 1.3, 'apac-se'],
  ['Manila', 'AS', 121, 14.6, 'apac-se'],
  ['Hong Kong', 'AS', 114.2, 22.3, 'apac-ne'],
  ['Tokyo', 'AS', 139.7, 35.7, 'apac-ne'],
  ['Lisbon', 'EU', -9.1, 38.7, 'weur'],
  ['Frankfurt', 'EU', 8.7, 50.1, 'weur'],
  ['Warsaw', 'EU', 21, 52.2, 'eeur'],
  ['New York', 'NA', -74, 40.7, 'enam'],
  ['San Juan', 'NA', -66.1, 18.5, 'enam'],
  ['Denver', 'NA', -105, 39.7, 'wnam'],
  ['Auckland', 'OC', 174.8, -36.9, 'oc'],
  ['São Paulo', 'SA', -46.6, -23.5, 'sam'],
])('%s is near the objects of its region', (_city, continent, longitude, latitude, region) => {
  expect(regionOf({ continent, longitude: String(longitude), latitude: String(latitude) })).toBe(region);
});

it.each([
  ['AF', 'afr'],
  ['AS', 'apac'],
  ['EU', 'weur'],
  ['NA', 'enam'],
  [undefined, 'weur'],
  ['T1', 'weur'],
  ['constructor', 'weur'],
])('without coordinates, the continent %s decides: %s', (continent, region) => {
  expect(regionOf({ continent })).toBe(region);
  expect(regionOf({ continent, longitude: 'east', latitude: null })).toBe(region);
});

it('is known for everyone, wherever there is no platform to ask', () => {
  const regions = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'apac-ne', 'apac-se', 'oc', 'afr', 'me'];
  expect(regionOf(undefined)).toBe('weur');
  fc.assert(
    fc.property(fc.object({ key: fc.constantFrom('continent', 'longitude', 'latitude') }), (place) => {
      expect(regions).toContain(regionOf(place));
    }),
  );
});
