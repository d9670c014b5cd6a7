import type { Prisma } from '../../platform/database'
import type { AccountStatusView, UserView } from './schemas'

type User = Prisma.UserGetPayload<object>

export function toUserView(user: User): UserView {
  return {
    id: user.id,
    username: user.username,
    display_name: user.displayName ?? user.username,
    email: user.email,
    email_verified: user.emailVerifiedAt !== null,
    role: user.role,
    status: user.status,
    created_at: user.createdAt.toISOString(),
  }
}

export function toAccountStatusView(user: User): AccountStatusView {
  return {
    user_id: user.id,
    username: user.username,
    role: user.role,
    status: user.status,
    paid_status: user.paid ? 'paid' : 'free',
    minutes_remaining: Math.floor((user.secondsRemaining * 100) / 60) / 100,
    seconds_remaining: user.secondsRemaining,
    created_at: user.createdAt.toISOString(),
  }
}
