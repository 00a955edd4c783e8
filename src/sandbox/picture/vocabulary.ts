import type { Colour } from './colour.ts';

export type Hour = 'sunset' | 'night' | 'dawn' | 'day';
export type Weather = 'rain' | 'snow' | 'fog' | 'clouds' | 'storm';
export type Place =
  | 'sea'
  | 'beach'
  | 'lake'
  | 'mountains'
  | 'forest'
  | 'desert'
  | 'city'
  | 'meadow'
  | 'space'
  | 'room'
  | 'abstract';
export type Subject =
  | 'cat'
  | 'dog'
  | 'fox'
  | 'bird'
  | 'boat'
  | 'lighthouse'
  | 'house'
  | 'flower'
  | 'tree'
  | 'rocket'
  | 'balloon'
  | 'cup'
  | 'bottle'
  | 'vase'
  | 'box'
  | 'robot'
  | 'portrait'
  | 'person'
  | 'astronaut'
  | 'car'
  | 'bicycle'
  | 'sun'
  | 'moon';

/** Which words mean what. Singular forms: the reader drops a plural's ending itself. */
type Words<Meaning extends string> = Record<Meaning, string>;

export const HOURS: Words<Hour> = {
  sunset: 'sunset dusk evening twilight sundown golden-hour autumn autumnal',
  night: 'night midnight nighttime nocturnal moonlit moonlight moon star starry stars dark neon nightfall',
  dawn: 'dawn sunrise morning daybreak pastel spring soft',
  day: 'noon day daylight midday sunny summer afternoon bright',
};

export const WEATHERS: Words<Weather> = {
  rain: 'rain rainy raining drizzle shower wet',
  snow: 'snow snowy snowing winter blizzard snowfall ice icy frozen arctic christmas',
  fog: 'fog foggy mist misty haze hazy',
  clouds: 'cloud cloudy overcast',
  storm: 'storm stormy thunder thunderstorm lightning tempest',
};

export const PLACES: Words<Place> = {
  sea: 'sea ocean coast coastal shore seaside seascape wave bay harbour harbor cliff island marine',
  beach: 'beach sand tropical palm lagoon surf',
  lake: 'lake river pond water reflection fjord',
  mountains:
    'mountain mountainous alp alpine peak summit valley hill ridge highland volcano canyon everest fuji',
  forest: 'forest wood woodland woods trees jungle pine redwood rainforest grove birch',
  desert: 'desert dune sahara cactus mesa oasis camel savanna',
  city: 'city skyline street town urban downtown skyscraper metropolis building rooftop tokyo paris york london cyberpunk alley',
  meadow:
    'meadow field garden grass farm prairie countryside pasture park lawn wheat lavender farmland rolling',
  space:
    'space planet galaxy cosmos universe orbit astronaut nebula cosmic saturn mars asteroid spaceship alien interstellar',
  room: 'room studio table desk interior indoor kitchen windowsill shelf sofa plinth pedestal minimalist minimal product still-life advertisement packshot mockup',
  abstract: 'abstract geometric geometry pattern bauhaus texture wallpaper shape gradient mosaic',
};

export const SUBJECTS: Words<Subject> = {
  cat: 'cat kitten kitty kittie tabby feline',
  dog: 'dog puppy puppie hound corgi retriever terrier labrador shiba',
  fox: 'fox vixen',
  bird: 'bird robin sparrow parrot owl songbird finch hummingbird eagle raven crow dove',
  boat: 'boat ship sailboat sailing yacht sail vessel schooner ferry',
  lighthouse: 'lighthouse beacon',
  house: 'house village cabin cottage hut home barn chalet farmhouse villa lodge',
  flower: 'flower tulip rose daisy poppy blossom bouquet sunflower bloom orchid lily',
  tree: 'tree oak',
  rocket: 'rocket spaceship spacecraft shuttle',
  balloon: 'balloon',
  cup: 'cup mug coffee tea teacup latte espresso cappuccino',
  bottle: 'bottle perfume wine potion flask cosmetic serum jar shampoo',
  vase: 'vase pot jug urn ceramic pottery plant houseplant',
  box: 'product box package packaging parcel gift',
  robot: 'robot android bot droid cyborg mecha',
  portrait: 'portrait face headshot selfie',
  person:
    'person man woman girl boy child people hiker traveler traveller wanderer silhouette knight wizard samurai dancer figure',
  astronaut: 'astronaut cosmonaut spaceman',
  car: 'car automobile van taxi truck vehicle beetle',
  bicycle: 'bicycle bike cyclist cycling',
  sun: 'sun',
  moon: 'moon moonlit moonlight crescent',
};

export const COLOURS: Record<string, Colour> = {
  red: '#d93a34',
  crimson: '#b81f3f',
  scarlet: '#e0352b',
  maroon: '#7d2338',
  burgundy: '#7a1f3d',
  coral: '#ff7a62',
  orange: '#f5842b',
  amber: '#f7a928',
  rust: '#b5502c',
  terracotta: '#c9694a',
  peach: '#ffb48f',
  copper: '#b86f45',
  bronze: '#a8763e',
  yellow: '#f8cf3a',
  gold: '#eab13c',
  golden: '#eab13c',
  mustard: '#d6a02c',
  cream: '#f6e6c6',
  beige: '#dcc6a0',
  brown: '#8a5a3c',
  chocolate: '#5f3826',
  ginger: '#e0853c',
  green: '#3f9a52',
  lime: '#9ccf3c',
  olive: '#7f8a3a',
  emerald: '#1f9a68',
  mint: '#8fd8b4',
  sage: '#9ab08c',
  jade: '#2f9c7c',
  teal: '#12908f',
  turquoise: '#2bb9b4',
  cyan: '#2fbfd8',
  aqua: '#4cc8cc',
  blue: '#2f6fd0',
  navy: '#1f2f66',
  azure: '#3f9be6',
  cobalt: '#2450b4',
  indigo: '#3f379c',
  purple: '#7a45b0',
  violet: '#7f52cc',
  lavender: '#b09ae0',
  lilac: '#c3a4e0',
  magenta: '#cf2f94',
  plum: '#7f3a70',
  mauve: '#b58ab4',
  pink: '#f487ae',
  rose: '#e65f84',
  fuchsia: '#e0369c',
  salmon: '#f98f7c',
  black: '#2a2733',
  white: '#f7f2e8',
  grey: '#8f94a0',
  gray: '#8f94a0',
  silver: '#b9c0cc',
  charcoal: '#3f414f',
};

/** Not colours by themselves, but as good as one for the trees and fields of a picture. */
export const CROPS: Record<string, Colour> = {
  autumn: '#dc7f2e',
  autumnal: '#dc7f2e',
  wheat: '#e2b64a',
  cherry: '#f4a6c1',
  barley: '#dcb95e',
  lavender: '#a58bd6',
};

/** Words that name a part of the scene, for colours such as in "teal sea" or "pink sky". */
export const PARTS: Record<string, string> = {
  sea: 'water',
  ocean: 'water',
  water: 'water',
  lake: 'water',
  wave: 'water',
  river: 'water',
  lagoon: 'water',
  sky: 'sky',
  dusk: 'sky',
  sunset: 'sky',
  sunrise: 'sky',
  dawn: 'sky',
  background: 'sky',
  backdrop: 'sky',
  wall: 'sky',
  nebula: 'sky',
  hour: 'light',
  light: 'light',
  mountain: 'land',
  hill: 'land',
  dune: 'land',
  field: 'land',
  meadow: 'land',
  forest: 'land',
  trees: 'land',
  grass: 'land',
  desert: 'land',
  planet: 'land',
};
