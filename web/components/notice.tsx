import type { ReactNode } from 'react'
import { Icon } from '~/components/icon'

interface NoticeProps {
  tone: 'info' | 'warning' | 'danger'
  title: string
  children?: ReactNode
}

/** A message that stays. Alerts are read out at once, information when the reader pauses. */
export function Notice({ tone, title, children }: NoticeProps) {
  return (
    <div className={`notice notice--${tone}`} role={tone === 'danger' ? 'alert' : 'status'}>
      <Icon name={tone === 'info' ? 'info' : 'alert'} />
      <div className="notice__body">
        <p className="notice__title">{title}</p>
        {children}
      </div>
    </div>
  )
}
