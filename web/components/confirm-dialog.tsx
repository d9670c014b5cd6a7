import type { ReactNode } from 'react'
import { useEffect, useId, useRef } from 'react'

interface ConfirmDialogProps {
  title: string
  confirm: string
  onConfirm: () => void
  onClose: () => void
  children: ReactNode
}

/** A modal question; Escape and the first button leave everything as it is. */
export function ConfirmDialog({ title, confirm, onConfirm, onClose, children }: ConfirmDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const titleId = useId()
  useEffect(() => {
    dialog.current?.showModal()
  }, [])
  return (
    <dialog ref={dialog} className="dialog" aria-labelledby={titleId} onClose={onClose}>
      <div className="stack">
        <h2 id={titleId}>{title}</h2>
        {children}
        <div className="button-row">
          <button type="button" className="button" onClick={onClose}>
            Keep it
          </button>
          <button type="button" className="button button--danger" onClick={onConfirm}>
            {confirm}
          </button>
        </div>
      </div>
    </dialog>
  )
}
