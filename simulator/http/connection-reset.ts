// Thrown by a route that answers by cutting the connection.

export class ConnectionReset extends Error {
  constructor() {
    super("the connection is cut on purpose");
    this.name = "ConnectionReset";
  }
}
