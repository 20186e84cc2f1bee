/** What the errors of a connection with the hub mean. */

/** Return codes of CONNACK (MQTT 3.1.1, 3.2.2.3): bad user name or password, not authorized. */
const CONNACK_REFUSALS: unknown[] = [4, 5]
/** TLS alerts by which the hub refuses a certificate (RFC 8446, 6.2), as OpenSSL names them. */
const CERTIFICATE_ALERT = /ALERT.*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/
/** The certificate that the hub shows is not by a CA that is trusted, or for another name. */
const UNTRUSTED =
  /^(UNABLE_TO_(GET_ISSUER|VERIFY_LEAF)|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED|CERT_SIGNATURE|INVALID_(CA|PURPOSE)|ERR_TLS_CERT_ALTNAME)/

type SessionError = Error & { readonly code?: unknown }

/** New credentials would help; anything else may pass by itself. */
export function isRefusal({ code }: SessionError): boolean {
  if (CONNACK_REFUSALS.includes(code)) return true
  return typeof code === 'string' && (CERTIFICATE_ALERT.test(code) || UNTRUSTED.test(code))
}

/** For people and the log. */
export function wordsFor(error: SessionError): string {
  const code = typeof error.code === 'string' ? error.code : ''
  if (CERTIFICATE_ALERT.test(code)) return `Connection refused: the hub does not take the certificate of this gateway (${code})`
  if (UNTRUSTED.test(code)) return `the hub shows a certificate that is not trusted (${code})`
  if (/^CERT_(NOT_YET_VALID|HAS_EXPIRED)$/.test(code)) return `by this clock the hub's certificate is not valid (${code}); is the clock right?`
  return error.message || String(error)
} // prettier-ignore
