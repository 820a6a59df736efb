// What can be set at a camera, by our names. A setting that a camera does not have is not there.

export interface CameraSettings {
  readonly motionDetection?: boolean;
  /** The doorbell's own chime inside the house rings too. */
  readonly chime?: boolean;
  readonly chimeType?: ChimeType;
  /** Of a digital chime. */
  readonly chimeSeconds?: number;
  /** 0 to 11, as the volumes below. */
  readonly doorbellVolume?: number;
  readonly microphoneVolume?: number;
  readonly voiceVolume?: number;
  /** Percent. */
  readonly lightBrightness?: number;
  /** How long the light stays on after motion. */
  readonly lightSeconds?: number;
  readonly hevc?: boolean;
  readonly hdr?: boolean;
  readonly colorNightVision?: boolean;
  readonly infraredLight?: boolean;
  /** Percent. */
  readonly infraredBrightness?: number;
  readonly audioRecording?: boolean;
  readonly recordingSeconds?: number;
  readonly shortestRecordingSeconds?: number;
  /** After which Ring ends a live view, and a motion event. */
  readonly liveViewSeconds?: number;
  readonly motionEventSeconds?: number;
  readonly keepAliveSeconds?: number;
  /** How often Ring has the camera take a picture by itself. */
  readonly captureSeconds?: number;
  readonly powerMode?: PowerMode;
  readonly personDetection?: boolean;
  readonly vehicleDetection?: boolean;
  readonly packageDetection?: boolean;
  readonly animalDetection?: boolean;
  readonly loiteringDetection?: boolean;
}

export type ChimeType = "mechanical" | "digital" | "no chime";
export type PowerMode = "battery" | "wired";

export type SettingName = keyof CameraSettings;
export type SettingValue<Name extends SettingName = SettingName> = NonNullable<CameraSettings[Name]>;
