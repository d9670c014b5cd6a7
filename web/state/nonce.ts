import { createContext } from 'react'

/** The response's CSP nonce while the server renders; browsers hide nonces from scripts, so it is absent there. */
export const NonceContext = createContext<string | undefined>(undefined)
