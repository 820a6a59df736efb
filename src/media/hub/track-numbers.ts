// The feeds of a stream, by number: what a reader's tracks carry. Also their order in a description that leaves none out.

export const trackNumbers = { video: 0, aac: 1, audio: 2 } as const;
