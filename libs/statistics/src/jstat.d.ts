/** What we take of jstat, which comes without types. */
declare module 'jstat' {
  interface Distributions {
    readonly normal: { cdf(x: number, mean: number, deviation: number): number; inv(p: number, mean: number, deviation: number): number };
    readonly studentt: { cdf(x: number, freedom: number): number; inv(p: number, freedom: number): number };
    readonly chisquare: { cdf(x: number, freedom: number): number };
    gammaln(x: number): number;
  }
  const jstat: Distributions;
  export default jstat;
}
