import { capabilityDefinitions } from '../capabilities'
import { serveRunner } from './serve'

serveRunner(capabilityDefinitions)
