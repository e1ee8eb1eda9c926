/**
 * A property that fails once in ten thousand draws is shrunk for minutes, and its test would come to its limit of 60 s
 * without a word of why. So it is stopped before: by then it says what it has found, or that it has found nothing.
 */
import fc from 'fast-check';

fc.configureGlobal({ interruptAfterTimeLimit: 45_000, markInterruptAsFailure: true });
