// The test sound: a 1 kHz beep in the first 100 ms of each second over a quiet hum, as 16 bit mono samples.

export interface SoundSpan {
  readonly samplesPerSecond: number;
  readonly seconds: number;
  /** Second that the first sample belongs to; may have a fraction. */
  readonly startSeconds?: number;
}

const beepSeconds = 0.1;
const beepHertz = 1000;
/** Never digital silence, as with a real microphone: a gap in the sound can be told from a quiet second. */
const humHertz = 120;
const beepAmplitude = 10_000;
const humAmplitude = 120;

export function testSound({ samplesPerSecond, seconds, startSeconds = 0 }: SoundSpan): Buffer {
  const samples = Math.round(samplesPerSecond * seconds);
  const sound = Buffer.alloc(samples * 2);
  for (let index = 0; index < samples; index++) {
    const time = startSeconds + index / samplesPerSecond;
    const beeps = (((time + 1e-9) % 1) + 1) % 1 < beepSeconds;
    const level =
      humAmplitude * Math.sin(2 * Math.PI * humHertz * time) +
      (beeps ? beepAmplitude * Math.sin(2 * Math.PI * beepHertz * time) : 0);
    sound.writeInt16LE(Math.round(level), index * 2);
  }
  return sound;
}
