// Unix time in ms with fractions that never jumps: the time line of the simulator's journal, which runs in this process.
export const monotonicUnixMs = (): number => performance.timeOrigin + performance.now();
