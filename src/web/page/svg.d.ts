// Pictures are imported as the addresses that the bundler gives them.
declare module "*.svg" {
  const address: string;
  export default address;
}
