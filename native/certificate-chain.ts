/**
 * Verifies chains of certificates at no time, through OpenSSL as it stands inside of Node. TLS itself asks the host's clock, which
 * is what is in question here; and of several faults Node names the last one, so that a stranger's chain which has expired, too,
 * may look merely expired.
 */
import koffi from 'koffi';
import type { Call, Make } from './cryptography/native-call.ts';

/**
 * What TLS looks at in a server's certificates but for name and dates: signatures, their strength, purposes, constraints.
 *
 * @param chain - in DER, the server's own first, the others in any order.
 * @param trusted - in DER: the authorities, and none of the host's.
 * @returns undefined when it holds, or what OpenSSL says is wrong with it, in one of its own fixed texts.
 */
export type VerifyChain = (chain: readonly Uint8Array[], trusted: readonly Uint8Array[]) => string | undefined;

const NO_CHECK_TIME = 0x200000; // X509_V_FLAG_NO_CHECK_TIME
/** What Node's TLS asks for as well: no key of less than 112 bits of security, no SHA-1. man 3 SSL_CTX_set_security_level */
const SECURITY_LEVEL = 2;

const findCalls = () => {
  const openssl = koffi.load(null);
  const find = (signature: string): Call => openssl.func(signature);
  const findMaker = (signature: string): Make => openssl.func(signature);
  return {
    clearErrors: find('void ERR_clear_error()'),
    decode: findMaker('void *d2i_X509(void *reused, void *cursor, long length)'),
    freeCertificate: find('void X509_free(void *certificate)'),
    makeList: findMaker('void *OPENSSL_sk_new_null()'),
    push: find('int OPENSSL_sk_push(void *list, void *certificate)'),
    freeList: find('void OPENSSL_sk_free(void *list)'),
    makeStore: findMaker('void *X509_STORE_new()'),
    trust: find('int X509_STORE_add_cert(void *store, void *certificate)'),
    freeStore: find('void X509_STORE_free(void *store)'),
    makeContext: findMaker('void *X509_STORE_CTX_new()'),
    begin: find('int X509_STORE_CTX_init(void *context, void *store, void *certificate, void *others)'),
    setPurpose: find('int X509_STORE_CTX_set_default(void *context, const char *name)'),
    parametersOf: findMaker('void *X509_STORE_CTX_get0_param(void *context)'),
    setFlags: find('int X509_VERIFY_PARAM_set_flags(void *parameters, unsigned long flags)'),
    setLevel: find('void X509_VERIFY_PARAM_set_auth_level(void *parameters, int level)'),
    verify: find('int X509_verify_cert(void *context)'),
    errorOf: find('int X509_STORE_CTX_get_error(void *context)'),
    textOf: openssl.func('const char *X509_verify_cert_error_string(long error)') as (error: number) => string,
    freeContext: find('void X509_STORE_CTX_free(void *context)'),
  };
};

/** @returns undefined where this program has no such library in it. */
export const openVerifyChain = (): VerifyChain | undefined => {
  try {
    return verifyWith(findCalls());
  } catch {
    return undefined;
  }
};

const verifyWith =
  (calls: ReturnType<typeof findCalls>): VerifyChain =>
  (chain, trusted) => {
    const made: (() => void)[] = []; // Node 22 has no DisposableStack
    const own = (pointer: bigint | null, free: Call): bigint => {
      if (pointer === null) throw new RangeError('OpenSSL cannot read it');
      made.unshift(() => free(pointer));
      return pointer;
    };
    try {
      const [leaf, ...others] = chain.map((der) => own(decode(calls, der), calls.freeCertificate));
      if (leaf === undefined) return 'no certificate';
      const untrusted = own(calls.makeList(), calls.freeList);
      for (const certificate of others) calls.push(untrusted, certificate);
      const store = own(calls.makeStore(), calls.freeStore);
      for (const der of trusted) calls.trust(store, own(decode(calls, der), calls.freeCertificate));

      const context = own(calls.makeContext(), calls.freeContext);
      if (calls.begin(context, store, leaf, untrusted) !== 1) return 'OpenSSL does not begin';
      calls.setPurpose(context, 'ssl_server');
      const parameters = calls.parametersOf(context);
      calls.setLevel(parameters, SECURITY_LEVEL);
      calls.setFlags(parameters, NO_CHECK_TIME);
      return calls.verify(context) === 1 ? undefined : calls.textOf(calls.errorOf(context));
    } catch (cause) {
      if (cause instanceof RangeError) return 'malformed';
      throw cause;
    } finally {
      for (const free of made) free();
      calls.clearErrors(); // or node:crypto and node:tls would find them
    }
  };

const decode = ({ decode }: ReturnType<typeof findCalls>, der: Uint8Array): bigint | null => {
  const block: bigint = koffi.alloc('uint8_t', 8 + der.length);
  const memory = koffi.view(block, 8 + der.length);
  new BigUint64Array(memory, 0, 1)[0] = block + 8n; // what the second operand points to
  new Uint8Array(memory).set(der, 8);
  const certificate = decode(null, block, der.length);
  koffi.free(block);
  return certificate;
};
