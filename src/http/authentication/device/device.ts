export {
  ACTIVATE_PATH,
  completeDeviceAnswer,
  DEVICE_CODE,
  deviceFlow,
  takeCode,
} from './device-flow.ts';
