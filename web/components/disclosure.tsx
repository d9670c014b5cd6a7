import type { ReactNode } from 'react'
import { Icon } from '~/components/icon'

interface DisclosureProps {
  title: string
  /** Whether it must be open, because something in it needs the eye. */
  open?: boolean
  children: ReactNode
}

/** What most people need not see, one press away. */
export function Disclosure({ title, open = false, children }: DisclosureProps) {
  return (
    <details className="disclosure" open={open || undefined}>
      <summary>
        <Icon className="chevron" name="chevron" size={18} />
        {title}
      </summary>
      {children}
    </details>
  )
}
