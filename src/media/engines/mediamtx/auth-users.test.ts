import { expect, test } from "vitest";
import { publishingUser, readingUser } from "./auth-users.ts";

test("without a login everybody may read, and nothing else", () => {
  const { user } = readingUser(undefined);
  expect(user).toEqual({ user: "any", pass: "", ips: [], permissions: [{ action: "read", path: "" }] });
});

test("a plain login is written as it is, with Digest first", () => {
  const { user, methods } = readingUser({ username: "viewer", password: "a!$()*+.;<=>[]^_-{}@#&Z9" });
  expect(user).toMatchObject({ user: "viewer", pass: "a!$()*+.;<=>[]^_-{}@#&Z9" });
  expect(methods).toEqual(["digest", "basic"]);
});

test.each(["with space", 'quo"te', "per%cent", "sha256:abc", "münze", "a/b", "a:b", "a,b", "it's"])(
  "the password %j is hashed, and Basic is left alone",
  (password) => {
    const { user, methods } = readingUser({ username: "viewer", password });
    expect(user.pass).toMatch(/^sha256:[A-Za-z0-9+/]{43}=$/);
    expect(user.user).toMatch(/^sha256:/);
    expect(user.pass).not.toContain(password);
    expect(methods).toEqual(["basic"]);
  },
);

test("a viewer who is called any is no everybody", () => {
  const { user, methods } = readingUser({ username: "any", password: "secret" });
  expect(user.user).not.toBe("any");
  expect(methods).toEqual(["basic"]);
});

test("publishing is for us, from this machine", () => {
  const login = { username: "u", password: "p" };
  expect(publishingUser(login, "127.0.0.1")).toEqual({
    user: "u",
    pass: "p",
    ips: ["127.0.0.1", "::1"],
    permissions: [{ action: "publish", path: "" }],
  });
  expect(publishingUser(login, "192.0.2.7").ips).toEqual(["127.0.0.1", "::1", "192.0.2.7"]);
});
