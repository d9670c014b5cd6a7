import type { PaymentState } from '../gateways'

/** What settlement reads of a transaction's row. */
export interface SettledPayment {
  status: 'pending' | 'paid' | 'failed' | 'expired' | 'refunded' | 'disputed'
  amountMinor: number
  currency: string
  seconds: number
  refundedMinor: number
  disputedMinor: number
  takenBackSeconds: number
  /** When it was credited; null before that. */
  paidAt: Date | null
}

/** What must happen so that a transaction stands as its payment does at the gateway. */
export interface Settlement {
  status: SettledPayment['status']
  refundedMinor: number
  disputedMinor: number
  creditSeconds: number
  /** As much of it as the account still has. */
  takeSeconds: number
  giveBackSeconds: number
  /** Why it is not credited though money came: another currency, or less than was asked for. */
  mismatch: string | null
}

/**
 * From how a transaction stands to how it must stand, whatever happened in between and in whatever order it was told.
 * Money that went back (refunds, disputes that are open or lost) takes the same share of the minutes.
 */
export function settlementOf(row: SettledPayment, state: PaymentState): Settlement {
  const credited = row.paidAt !== null
  const mismatch = state.outcome === 'paid' && !credited ? mismatchOf(row, state) : null
  const paid = credited || (state.outcome === 'paid' && mismatch === null)
  if (!paid) {
    const status = mismatch !== null || state.outcome === 'open' ? 'pending' : state.outcome
    return { ...nothing, status: status === 'paid' ? 'pending' : status, mismatch }
  }
  // What was paid once is never unpaid: it can only be refunded or disputed.
  const now = state.outcome === 'paid' ? state : row
  const refundedMinor = Math.min(row.amountMinor, now.refundedMinor)
  const disputedMinor = Math.min(row.amountMinor, now.disputedMinor)
  const before = shareOf(row, row.refundedMinor + row.disputedMinor)
  const after = shareOf(row, refundedMinor + disputedMinor)
  return {
    status: refundedMinor === row.amountMinor ? 'refunded' : disputedMinor > 0 ? 'disputed' : 'paid',
    refundedMinor,
    disputedMinor,
    creditSeconds: credited ? 0 : row.seconds,
    takeSeconds: Math.max(0, after - before),
    // Minutes that were spent before they could be taken are not given back.
    giveBackSeconds: after < before ? Math.max(0, row.takenBackSeconds - after) : 0,
    mismatch,
  }
}

const nothing = { refundedMinor: 0, disputedMinor: 0, creditSeconds: 0, takeSeconds: 0, giveBackSeconds: 0 }

/** The part of the minutes that stands for a part of the money. */
function shareOf({ amountMinor, seconds }: SettledPayment, minor: number): number {
  return amountMinor === 0 ? 0 : Math.round((seconds * Math.min(minor, amountMinor)) / amountMinor)
}

function mismatchOf(row: SettledPayment, state: PaymentState): string | null {
  if (state.currency === row.currency && state.amountMinor >= row.amountMinor) return null
  return `${state.amountMinor} ${state.currency} were paid instead of ${row.amountMinor} ${row.currency}.`
}
