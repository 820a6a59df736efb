// Names for people, by Ring's word for the model. Nothing else may depend on the model.

const models: Readonly<Record<string, string>> = {
  doorbot: "Doorbell",
  doorbell: "Doorbell",
  doorbell_v3: "Doorbell",
  doorbell_v4: "Doorbell 2",
  doorbell_v5: "Doorbell 2",
  doorbell_oyster: "Doorbell 4",
  doorbell_portal: "Door View Cam",
  doorbell_scallop: "Doorbell 3 Plus",
  doorbell_scallop_lite: "Doorbell 3",
  doorbell_graham_cracker: "Doorbell Wired",
  cocoa_doorbell: "Doorbell (2nd Gen)",
  cocoa_doorbell_v2: "Battery Doorbell Plus",
  cocoa_doorbell_v3: "Battery Doorbell Pro",
  lpd_v1: "Doorbell Pro",
  lpd_v2: "Doorbell Pro",
  lpd_v3: "Doorbell Pro",
  lpd_v4: "Doorbell Pro 2",
  jbox_v1: "Doorbell Elite",
  hp_cam_v1: "Floodlight Cam",
  floodlight_v1: "Floodlight Cam",
  floodlight_v2: "Floodlight Cam",
  floodlight_pro: "Floodlight Cam Pro",
  cocoa_floodlight: "Floodlight Cam Plus",
  hp_cam_v2: "Spotlight Cam Wired",
  spotlightw_v2: "Spotlight Cam Wired",
  stickup_cam_v4: "Spotlight Cam Battery",
  stickup_cam_longfin: "Spotlight Cam Pro",
  cocoa_spotlight: "Spotlight Cam Plus",
  stickup_cam: "Stick Up Cam",
  stickup_cam_v3: "Stick Up Cam",
  stickup_cam_elite: "Stick Up Cam Elite",
  stickup_cam_lunar: "Stick Up Cam",
  cocoa_camera: "Stick Up Cam",
  stickup_cam_mini: "Indoor Cam",
  stickup_cam_mini_v2: "Indoor Cam (2nd Gen)",
  stickup_cam_mini_ptz_v1: "Pan-Tilt Indoor Cam",
  onvif_camera: "ONVIF Camera",
};

export function modelName(kind: string, isDoorbell: boolean): string {
  const known = Object.hasOwn(models, kind) ? models[kind] : undefined;
  return known ?? (isDoorbell ? "Ring Doorbell" : "Ring Camera");
}
