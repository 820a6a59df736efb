// The one truth about settings: type, limits, default and one sentence for each. Everything else about them is made from this.

interface RowBase {
  readonly key: string;
  readonly title: string;
  /** One sentence for the owner. */
  readonly text: string;
  /** No option of the app: its network is Home Assistant's affair. */
  readonly isNotForApp?: true;
}

export type OptionRow = RowBase &
  (
    | {
        readonly type: "text" | "password";
        readonly default: string;
        readonly pattern?: RegExp;
        readonly shape?: string;
      }
    | {
        readonly type: "integer";
        readonly default: number;
        readonly min: number;
        readonly max: number;
        /** 0 is allowed, too, and means that Belfry chooses. */
        readonly orZero?: true;
      }
    | { readonly type: "boolean"; readonly default: boolean }
    | { readonly type: "choice"; readonly default: string; readonly choices: readonly string[] }
    | { readonly type: "list"; readonly default: readonly string[] }
  );

const topicPattern = /^[^#+\s/][^#+\s]*$/;

export const optionRows = [
  {
    key: "mqtt_url",
    type: "password",
    default: "",
    pattern: /^\s*(?:(?:mqtts?|tcp|ssl|tls|wss?):\/\/.+|(?!.*:\/\/).+)?$/i,
    shape: "an address such as 192.168.1.10:1883 or mqtt://user:password@192.168.1.10:1883, or empty",
    title: "MQTT broker",
    text: "Address of the MQTT broker; left empty, the app asks the Supervisor for Home Assistant's own broker, and elsewhere mqtt://localhost:1883 is used.",
  },
  {
    key: "mqtt_user",
    type: "text",
    default: "",
    title: "MQTT user",
    text: "User name at the MQTT broker, written as it is; wins over a user in the address or from the Supervisor.",
  },
  {
    key: "mqtt_password",
    type: "password",
    default: "",
    title: "MQTT password",
    text: "Password at the MQTT broker, written as it is, with whatever characters it has; wins over one in the address or from the Supervisor.",
  },
  {
    key: "mqtt_ca",
    type: "text",
    default: "",
    title: "Broker CA file",
    text: "Path of a PEM file with the certificate authority that signed the broker's certificate, for mqtts:// with an own authority.",
  },
  {
    key: "mqtt_cert",
    type: "text",
    default: "",
    title: "MQTT client certificate file",
    text: "Path of a PEM file with the certificate that Belfry shows to the broker, where the broker asks for one.",
  },
  {
    key: "mqtt_key",
    type: "text",
    default: "",
    title: "MQTT client key file",
    text: "Path of a PEM file with the key of the MQTT client certificate; Belfry does not run as root and must be allowed to read it.",
  },
  {
    key: "mqtt_verify",
    type: "boolean",
    default: true,
    title: "Check the broker's certificate",
    text: "Switch this off only for a broker with a self-signed certificate that you trust.",
  },
  {
    key: "ring_topic",
    type: "text",
    default: "ring",
    pattern: topicPattern,
    shape: "a topic without spaces, + and #",
    title: "Base topic",
    text: "First level of all MQTT topics of cameras and of the bridge.",
  },
  {
    key: "discovery_prefix",
    type: "text",
    default: "homeassistant",
    pattern: topicPattern,
    shape: "a topic without spaces, + and #",
    title: "Discovery prefix",
    text: "First level of the topics on which Home Assistant listens for discovery messages.",
  },
  {
    key: "birth_topic",
    type: "text",
    default: "homeassistant/status",
    pattern: topicPattern,
    shape: "a topic without spaces, + and #",
    title: "Birth topic",
    text: "Topic on which Home Assistant says that it has started.",
  },
  {
    key: "livestream_user",
    type: "text",
    default: "",
    title: "Stream user",
    text: "User name that RTSP players must give; only in force together with the stream password.",
  },
  {
    key: "livestream_pass",
    type: "password",
    default: "",
    title: "Stream password",
    text: "Password that RTSP players must give; only in force together with the stream user.",
  },
  {
    key: "rtsp_port",
    isNotForApp: true,
    type: "integer",
    default: 8554,
    min: 1,
    max: 65_535,
    title: "RTSP port",
    text: "TCP port of the RTSP server; if it is taken, the next free one is used and said in the log and in the stream addresses.",
  },
  {
    key: "rtsp_bind",
    isNotForApp: true,
    type: "text",
    default: "0.0.0.0",
    title: "RTSP address",
    text: "Address on which the RTSP server listens; 127.0.0.1 keeps it on this machine.",
  },
  {
    key: "rtsp_udp",
    type: "boolean",
    default: true,
    title: "RTSP over UDP",
    text: "Lets players choose UDP, on two ports that are free; off, or where UDP does not get through, they use TCP.",
  },
  {
    key: "stream_engine",
    type: "choice",
    default: "auto",
    choices: ["auto", "builtin", "mediamtx"],
    title: "Stream engine",
    text: "What serves streams to players: Belfry's own RTSP server (builtin) or MediaMTX; auto takes MediaMTX only where LL-HLS, WHEP or RTSPS is switched on.",
  },
  {
    key: "mediamtx_path",
    type: "text",
    default: "",
    title: "MediaMTX program",
    text: "Path of the mediamtx program, version 1.20.1 or newer; left empty, the variable MEDIAMTX_BIN, the PATH and Belfry's data directory are looked at.",
  },
  {
    key: "mediamtx_download",
    type: "boolean",
    default: false,
    title: "Download MediaMTX",
    text: "Downloads the release of MediaMTX that this Belfry was tested with, at the first start that needs it and finds none.",
  },
  {
    key: "mediamtx_mirror",
    type: "text",
    default: "",
    pattern: /^(?:https?:\/\/\S+)?$/,
    shape: "a URL such as https://mirror.example/mediamtx, or empty",
    title: "MediaMTX mirror",
    text: "Address of a directory from which the release file of MediaMTX is downloaded instead of its home; the file must be the same one, its checksum is verified.",
  },
  {
    key: "ll_hls",
    type: "boolean",
    default: false,
    title: "Low-latency HLS",
    text: "Serves streams as low-latency HLS, too (by MediaMTX); the camera then sleeps about ten seconds later after the last viewer.",
  },
  {
    key: "hls_port",
    isNotForApp: true,
    type: "integer",
    default: 8888,
    min: 1,
    max: 65_535,
    title: "HLS port",
    text: "TCP port of low-latency HLS.",
  },
  {
    key: "whep",
    type: "boolean",
    default: false,
    title: "WebRTC by WHEP",
    text: "Serves streams to WHEP players in browsers, too (by MediaMTX); their media arrives on UDP port 8189.",
  },
  {
    key: "whep_port",
    isNotForApp: true,
    type: "integer",
    default: 8889,
    min: 1,
    max: 65_535,
    title: "WHEP port",
    text: "TCP port of WHEP.",
  },
  {
    key: "stream_origins",
    type: "list",
    default: [],
    title: "Web pages that may play",
    text: "Origins such as https://home.example:8123 whose web pages may play low-latency HLS and WHEP; * is all; left empty, only the pages that MediaMTX itself offers may.",
  },
  {
    key: "rtsps",
    type: "boolean",
    default: false,
    title: "Encrypted RTSP",
    text: "Serves streams by RTSP over TLS, too (by MediaMTX); it needs a certificate and its key.",
  },
  {
    key: "rtsps_port",
    isNotForApp: true,
    type: "integer",
    default: 8322,
    min: 1,
    max: 65_535,
    title: "RTSPS port",
    text: "TCP port of RTSP over TLS.",
  },
  {
    key: "rtsps_cert",
    type: "text",
    default: "",
    title: "RTSPS certificate file",
    text: "Path of a PEM file with the certificate for RTSP over TLS.",
  },
  {
    key: "rtsps_key",
    type: "text",
    default: "",
    title: "RTSPS key file",
    text: "Path of a PEM file with the key of the RTSPS certificate; Belfry does not run as root and must be allowed to read it.",
  },
  {
    key: "stream_host",
    type: "text",
    default: "",
    title: "Host in stream addresses",
    text: "Host name or address that players use to reach Belfry, as shown in the stream addresses; left empty, Belfry finds it out.",
  },
  {
    key: "home_assistant_url",
    type: "text",
    default: "",
    pattern: /^(?:https?:\/\/\S+)?$/,
    shape: "a URL such as https://homeassistant.local:8123, or empty",
    title: "Home Assistant's address",
    text: "Address of Home Assistant in the still image address that a camera's Last report shows; left empty, the app asks Home Assistant for the address it has at home, and elsewhere http://homeassistant.local:8123 is used.",
  },
  {
    key: "stream_url_credentials",
    type: "boolean",
    default: true,
    title: "Credentials in stream addresses",
    text: "Shows stream user and password inside the stream address that a camera's Last report shows, ready to paste.",
  },
  {
    key: "web_port",
    isNotForApp: true,
    type: "integer",
    default: 8099,
    min: 1,
    max: 65_535,
    title: "Page port",
    text: "TCP port of Belfry's own page, where you sign in to Ring and see how things are; as an app leave it at 8099, Home Assistant looks for the page there.",
  },
  {
    key: "web_bind",
    isNotForApp: true,
    type: "text",
    default: "0.0.0.0",
    title: "Page address",
    text: "Address on which the page listens; 127.0.0.1 keeps it on this machine; as an app it has no effect, the page answers Home Assistant alone.",
  },
  {
    key: "max_live_minutes_battery",
    type: "integer",
    default: 20,
    min: 0,
    max: 60,
    title: "Live minutes, battery cameras",
    text: "Minutes that a battery camera may be live within an hour before Belfry ends the stream; 0 is without limit; what its switch holds is not ended.",
  },
  {
    key: "max_live_minutes_wired",
    type: "integer",
    default: 0,
    min: 0,
    max: 60,
    title: "Live minutes, wired cameras",
    text: "Minutes that a wired camera may be live within an hour before Belfry ends the stream; 0 is without limit; what its switch holds is not ended.",
  },
  {
    key: "pause_after_limit_battery",
    type: "integer",
    default: 600,
    min: 0,
    max: 3600,
    title: "Pause after a limit, battery cameras",
    text: "Seconds before the same viewer may start a battery camera again after Ring's or Belfry's limit has ended the stream; switching the stream on overrides it.",
  },
  {
    key: "pause_after_limit_wired",
    type: "integer",
    default: 60,
    min: 0,
    max: 3600,
    title: "Pause after a limit, wired cameras",
    text: "Seconds before the same viewer may start a wired camera again after Ring's or Belfry's limit has ended the stream; switching the stream on overrides it.",
  },
  {
    key: "snapshot_mode",
    type: "choice",
    default: "Auto",
    choices: [
      "All",
      "Auto",
      "Disabled",
      "Ding",
      "Interval",
      "Interval + Ding",
      "Interval + Motion",
      "Motion",
      "Motion + Ding",
    ],
    title: "Snapshot mode",
    text: "When cameras take snapshots unless another mode is chosen for a camera in Home Assistant; Auto takes them of every event and by interval, and spares batteries.",
  },
  {
    key: "snapshot_interval",
    type: "integer",
    default: 0,
    min: 10,
    max: 604_800,
    orZero: true,
    title: "Snapshot interval",
    text: "Seconds between two snapshots by interval unless another one is chosen for a camera in Home Assistant; left empty (or 0, not in the app), Belfry chooses: 30 for wired cameras, 600 or the rate of Ring's snapshot capture for battery cameras.",
  },
  {
    key: "location_ids",
    type: "list",
    default: [],
    title: "Locations",
    text: "Ids of the Ring locations to use; left empty, all locations are used.",
  },
  {
    key: "excluded_devices",
    type: "list",
    default: [],
    title: "Excluded cameras",
    text: "Device ids of cameras that Belfry leaves alone and removes from Home Assistant.",
  },
  {
    key: "log_level",
    type: "choice",
    default: "info",
    choices: ["debug", "info", "warn", "error"],
    title: "Log level",
    text: "How much Belfry writes into its log.",
  },
] as const satisfies readonly OptionRow[];

type Row = (typeof optionRows)[number];
type Value<R extends Row> = R extends { readonly type: "integer" }
  ? number
  : R extends { readonly type: "boolean" }
    ? boolean
    : R extends { readonly type: "list" }
      ? readonly string[]
      : R extends { readonly choices: readonly (infer C)[] }
        ? C
        : string;

/** All settings, checked and complete. Keys are those of the option rows. */
export type Settings = { readonly [R in Row as R["key"]]: Value<R> };
export type SettingKey = keyof Settings;
