import type { ActionFunctionArgs } from '@remix-run/node'
import { redirect } from '@remix-run/node'

export function loader() {
  return redirect('/')
}

export async function action({ context }: ActionFunctionArgs) {
  const { setCookie } = await context.logOut()
  return redirect('/', { headers: { 'set-cookie': setCookie } })
}
