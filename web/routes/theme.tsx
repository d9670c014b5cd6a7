import type { ActionFunctionArgs } from '@remix-run/node'
import { data, redirect } from '@remix-run/node'
import { safeReturnPath } from '~/session'
import { asTheme, themeCookie } from '~/theme'

export function loader() {
  return redirect('/')
}

/** Pages with scripts stay where they are; without, the form names the page to come back to. */
export async function action({ request }: ActionFunctionArgs) {
  const form = await request.formData()
  const headers = { 'set-cookie': themeCookie(asTheme(form.get('theme'))) }
  const returnTo = form.get('return_to')
  return returnTo ? redirect(safeReturnPath(returnTo, '/'), { headers }) : data(null, { headers })
}
