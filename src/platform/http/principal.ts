/** Who makes a request. */
export interface Principal {
  userId: string
  role: 'user' | 'admin'
  /** How the request proved it: an access token, or the cookie of the web UI. */
  via: 'token' | 'web'
}
