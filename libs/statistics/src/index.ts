export { benjaminiHochberg } from './corrections.js';
export { criticalZ, twoSidedP } from './distributions.js';
export { equalProportionsP, fisherExactP, type Interval, katzRatio, newcombeDifference, type Proportion, wilsonInterval } from './proportions.js';
export { growth, leastSquaresSlope } from './trend.js';
