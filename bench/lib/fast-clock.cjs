// For `node --require`: this process lives BENCH_CLOCK_FACTOR times as fast as the world, so that an hour of its timers fits into minutes.
const factor = Number(process.env.BENCH_CLOCK_FACTOR ?? 1);
const RealDate = Date;
const realNow = performance.now.bind(performance);
const dateOrigin = RealDate.now();
const monotonicOrigin = realNow();
const elapsed = () => (realNow() - monotonicOrigin) * factor;

performance.now = () => monotonicOrigin + elapsed();
globalThis.Date = class extends RealDate {
  constructor(...values) {
    if (values.length === 0) super(Math.round(dateOrigin + elapsed()));
    else super(...values);
  }

  static now() {
    return Math.round(dateOrigin + elapsed());
  }
};
for (const name of ["setTimeout", "setInterval"]) {
  const real = globalThis[name];
  globalThis[name] = (callback, delayMs = 0, ...values) => real(callback, delayMs / factor, ...values);
}
