// What picture, sound and their loops have in common: sizes, rates, and that both loops last equally long.

export const loopSeconds = 5;
export const framesPerSecond = 20;
export const loopFrames = loopSeconds * framesPerSecond;
export const frameMs = 1000 / framesPerSecond;

/** Both audio codecs are sent in packets of 20 ms. */
export const audioPacketMs = 20;
export const loopAudioPackets = (loopSeconds * 1000) / audioPacketMs;

export const liveWidth = 1920;
export const liveHeight = 1080;

/** A variant of the H.264 loop begins every so many frames: a key frame is never further away than 250 ms. */
export const keyFrameStep = 5;
