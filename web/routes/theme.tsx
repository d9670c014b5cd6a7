import type { ActionFunctionArgs } from '@remix-run/node'
import { redirect } from '@remix-run/node'
import { safeReturnPath } from '~/session'
import { asTheme, themeCookie } from '~/theme'

export function loader() {
  return redirect('/')
}

export async function action({ request }: ActionFunctionArgs) {
  const form = await request.formData()
  return redirect(safeReturnPath(form.get('return_to'), '/'), {
    headers: { 'set-cookie': themeCookie(asTheme(form.get('theme'))) },
  })
}
