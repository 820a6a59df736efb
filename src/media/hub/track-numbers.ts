// The numbers of a stream's tracks: their order in every description.

export const trackNumbers = { video: 0, aac: 1, audio: 2 } as const;
